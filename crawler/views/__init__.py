"""How a URL is seen, and where it is worth seeing it in more ways than one."""
