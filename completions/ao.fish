complete --keep-order --exclusive --command ao --arguments "(COMPLETE=fish ao -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token))"
