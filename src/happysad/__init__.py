"""Point it at a messy folder and get an honest model; at a picture, and get an honest answer."""
