"""Rules about hosts: signatures of parked, suspended and default pages; weights of the signs of ownership."""
