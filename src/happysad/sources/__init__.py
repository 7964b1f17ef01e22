"""Where pictures come from: files, folders, patterns, standard input and the web."""
