"""Other systems: HTTP servers and databases that are asked, web addresses and people who are told."""
