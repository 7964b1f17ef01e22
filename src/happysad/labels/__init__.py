"""Labels that people give to pictures: the pool, the rules, the file they are kept in, the queue.

``pool`` lists the pictures of a folder, ``reading`` does so behind the page and ``index`` remembers
what was read; ``ledger`` holds who said what and what follows from it, ``store`` keeps every answer
on the disk, ``queue`` says which picture comes next, ``learner`` is what a model has to offer for
that, ``session`` is all of it together, ``export`` turns the labels into folders and tables.
"""
