"""Probabilities → numbers that can be believed.

``intervals``    95% intervals that stay honest for few pictures and for duplicate groups
``metrics``      labelled answers → ``Report``, each score with its n and interval
``ranking``      ROC and precision–recall, points and areas
``calibration``  temperature scaling, reliability bins
``decision``     below which probability an answer should be ``unsure``
``comparison``   two reports on the same pictures → which model is better, if that is shown
``queries``      which picture a person should be asked about next
``learning_curves``  scores after ever more labels → by how much one strategy is better
``learning_report``  the same with waymarks and in words

Everything is a closed formula, so the same answers always give the same report. Numpy is
all that is needed, but for ``queries``, which is scikit-activeml's work; the predictor itself
imports ``calibration``.
"""
