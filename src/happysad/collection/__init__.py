"""A labelled folder: what is in it, what is wrong with it, and how its pictures are dealt.

``layout`` → ``walk`` → ``scan`` (with ``duplicates`` and one file per check in ``checks``) makes a
``Collection``; ``quarantine`` moves its faulty files aside and back; ``split`` deals its pictures
to train, validation and test; ``catalog`` writes it down.
"""
