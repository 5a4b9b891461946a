"""Drawing lots in the open: entrants frozen and hashed before, the seed after, an order that anybody can recompute."""
