"""Matrix over nio's Olm machine: the only floor that speaks nio and HTTP."""
