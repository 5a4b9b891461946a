"""代报名: staff sign up somebody who has no phone with them, and print a slip."""
