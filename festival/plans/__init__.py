"""Changes of plan: new times and places, calling off and resuming, pools merged and split, and what people do about it."""
