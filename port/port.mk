# port: the command, the single file, sizes
