"""Replaying a labelled folder as if nobody had labelled it: what would asking well have saved?

``options``   how a replay goes
``learner``   what learns from the answers, as the replay sees it
``two_view``  heads on the views of a base model
``network``   a network that is trained anew each time
``stages``    which pictures may be asked about, and which models are judged on
``rounds``    ask, learn, judge; again and again
``journal``   what was replayed already, so that nothing is replayed twice
"""
