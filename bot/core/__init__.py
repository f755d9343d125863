"""Values and small rules that every feature uses; imports no feature."""
