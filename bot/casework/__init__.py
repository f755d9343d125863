"""Officers: who they are, and the cases they may see."""
