"""The units (wards, communes, special zones) of the city: codes, names, places; names in text."""
