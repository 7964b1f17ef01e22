"""What happysad promises when input, network or power is hostile; docs/trust.md is made of it.

A test that keeps a promise carries its number: ``test_t04_…`` keeps the fourth.
"""

PROMISES = {
    "Pictures": {
        1: "JPEG, PNG, WebP, GIF, BMP, TIFF and AVIF, told apart by content, never by name. "
        "Anything else is `unsupported_format`; no other program is ever started.",
        2: "20 MiB, 40 megapixels, 16,384 pixels a side, first frame: read from the header before "
        "anything is decoded. A bomb costs less than 50 MB of memory.",
        3: "A picture whose decoding hangs or kills its process loses itself alone.",
        4: "Any bytes give a picture or one typed error: no traceback, no hang, no noise from C "
        "libraries.",
        5: "A picture that breaks off is refused, never filled with grey.",
        6: "The camera's orientation is applied; metadata never reaches thumbnails or reports.",
        7: "CMYK, 16 bits, palettes, transparency and grey have one defined way to RGB.",
    },
    "Folders": {
        8: "A bad file never ends a run: seen = used + set aside + ignored; the sum is printed.",
        9: "Empty files, web pages and Git LFS pointers in disguise, wrong extensions: each has "
        "its own code.",
        10: "Symbolic links are not followed; loops, pipes, sockets and devices do not block.",
        11: "Newlines, right-to-left marks, composed and decomposed twins, 255 bytes and names "
        "that are no UTF-8 go through JSON, CSV and HTML intact.",
        12: "`Happy/` beside `happy/`, one class, an empty class, pictures at the top: an error "
        "that shows the expected layout.",
        13: "A forbidden or vanished file is recorded and the run goes on.",
        14: "Deep nesting does not recurse to death.",
        15: "Your folder is never changed unless you ask; a quarantine is journaled before each "
        "move and undone byte for byte, also after a kill in the middle.",
    },
    "Addresses": {
        16: "http and https only, ports 80 and 443, no user info, no control characters.",
        17: "Every resolved address is checked and the connection goes to the checked one; "
        "private, loopback, link-local and disguised addresses are refused.",
        18: "At most three redirects, each checked again; no proxies from the environment, no "
        "cookies.",
        19: "Bytes are counted while they stream, compressed bodies are refused, one deadline "
        "covers everything.",
        20: "A failed address is one item; the others go on. To callers of the service, closed and "
        "blocked look alike.",
    },
    "Saved models": {
        21: "A saved model holds nothing executable; damage, tricks, foreign formats and pickles "
        "are refused with a typed error.",
        22: "Keras files come in through a child process with limits and safe mode; custom code is "
        "refused.",
        23: "Golden answers are computed again with `--verify` and must match.",
    },
    "Long runs": {
        24: "After a kill at any point, `train --resume` goes on from the last good checkpoint.",
        25: "A resumed run ends with the weights of an uninterrupted one.",
        26: "A full or read-only disk gives one clear error and leaves the old model whole; two "
        "trainings never share a folder.",
        27: "Changed data or options are refused on resume, with the differences listed.",
        28: "Ctrl-C and SIGTERM leave a checkpoint and say how to go on.",
    },
    "Pages and the service": {
        29: "Pages and the service listen on 127.0.0.1 alone unless another address is asked for, "
        "and there never without a token. A page that writes always has one, new for every start.",
        30: "Too large a body, too many parts and too long a field are refused with 413, whatever "
        "length they claim; nothing of them goes to a disk.",
        31: "The service's queue is bounded. Beyond it a call gets 503 with `Retry-After` at once; "
        "what was accepted is answered as `predict` answers it.",
        32: "Callers who trickle bytes delay nobody, and are given up.",
        33: "Ctrl-C and SIGTERM finish what is under way and exit 0. On SIGTERM `/readyz` says so "
        "first, while `/healthz` stays well.",
        34: "A fuzz of the service by its own description finds no server error.",
        35: "Names and labels are text everywhere; a strict policy, no script from elsewhere, no "
        "outside request; pictures are made anew and have no path in their address.",
        36: "A change has to come from the page itself, or from a program that knows the token; on "
        "loopback the service answers this machine's programs without one, and no page of another "
        "site. An unknown host is refused.",
    },
    "Labels": {
        37: "A label that was acknowledged survives a kill; sent twice it is one label; of two "
        "edits in conflict the second is refused, and history and undo know everything.",
    },
}
