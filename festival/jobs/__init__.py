"""Jobs: what is done after the answer, or when its time has come. One ``enqueue``, two engines, the same promises."""
