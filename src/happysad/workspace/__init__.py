"""A folder in which somebody teaches a model: pictures, decisions on them, and trainings.

Everything lies there as ordinary folders and files that the command line reads, too:

    WORKSPACE/pictures/<class>/   what people added; pictures/.happysad/groups.csv: what belongs
                                  together
    WORKSPACE/pool/               pictures that have no label yet, and what was said of them
    WORKSPACE/decisions.csv       what is set aside or relabelled: train --decisions follows it
    WORKSPACE/runs/<name>-<n>/    one folder a training

``place`` changes these files, ``watch`` keeps the check up to date while pictures come in,
``unlabelled`` has the pool labelled, ``trainings`` learns in the background, and ``results`` reads
what came of it.
"""
