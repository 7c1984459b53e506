"""How values are written for people, and read from what they typed. Pure."""
