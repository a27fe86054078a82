"""Submissions that mean harm, or behave as if they did: the cells of each, and what must come of it.

They are text with places to fill in: ``{canary}`` a file outside, ``{folder}`` the class's folder, ``{out}`` its
results, ``{teacher}`` the assignment file, ``{port}`` where somebody listens, ``{mark}`` a word by which processes are
known.
"""

from dataclasses import dataclass

from tests.grading.toy import CENTRE, COUNT, RIGHT, SCALED


@dataclass(frozen=True)
class Hostile:
    """Cells; the points of the three questions, None where both are fair; words of which one is in the remarks."""

    cells: tuple[str, ...]
    points: tuple[float | None, float | None, float | None]
    remarks: tuple[str, ...] = ()
    jail: bool = False
    """Whether it may only be tried where a jail holds."""


FULL = (2, 3, 1.5)
STUBBORN = """
import time
def stubborn():
    while True:
        try:
            time.sleep(0.01)
        except BaseException:
            pass
"""
WRONG = """
def centre(points):
    return 0
def scaled(image, factor):
    return image
def count(mask):
    return -1
"""
FRAME = """
import json, os, struct
def frame(nonce, tree=None, length=None):
    header = json.dumps({{"nonce": nonce, "answer": tree}}).encode()
    return struct.pack("!4sIQ", b"PAF1", len(header), length or 0) + header
def everywhere(data):
    for fd in range(256):
        try:
            os.set_blocking(fd, False)
            os.write(fd, data)
        except OSError:
            pass
"""

SUBMISSIONS = {
    "loop-in-a-cell": Hostile((*RIGHT, "n = 0\nwhile True:\n    n += 1"), FULL, ("time-limit: cell 5",)),
    "loop-in-a-cell-that-catches": Hostile(
        (STUBBORN, *RIGHT, "stubborn()"), FULL, ("time-limit: it was stopped while cell 6",)
    ),
    "loop-in-a-call": Hostile(
        (CENTRE, "def scaled(image, factor):\n    while True:\n        image = image", COUNT), (2, 0, 1.5),
        ("q2: time-limit: `scaled` was stopped",),
    ),
    "loop-in-a-call-that-catches": Hostile(
        (STUBBORN, CENTRE, "def scaled(image, factor):\n    stubborn()", COUNT), (2, 0, 1.5),
        ("q2: time-limit: it was stopped in a call of `scaled`",),
    ),
    "loop-in-c": Hostile((CENTRE, SCALED, "def count(mask):\n    return sum(1 for _ in iter(int, 1))"), (2, 3, 0),
                         ("q3: time-limit",)),
    "memory-in-lists": Hostile(
        (CENTRE, SCALED, "def count(mask):\n    held = []\n    while True:\n        held.append(bytearray(10**7))"),
        (2, 3, 0), ("q3: memory-limit: `count` raised MemoryError",),
    ),
    "memory-shared": Hostile(
        (CENTRE, SCALED, "import mmap, time\ndef count(mask):\n    held = mmap.mmap(-1, 3 << 30)\n"
         "    for i in range(0, 3 << 30, 4096):\n        held[i] = 1\n    time.sleep(5)"),
        (2, 3, 0), ("q3: memory-limit: it was stopped in a call of `count`: it held",),
    ),
    "memory-in-children": Hostile(
        (CENTRE, SCALED, "import os, time\ndef count(mask):\n    for _ in range(6):\n        if not os.fork():\n"
         "            held = bytearray(os.urandom(1) * (120 << 20))\n            time.sleep(5)\n    time.sleep(5)"),
        (2, 3, 0), ("q3: memory-limit: it was stopped",),
    ),
    "memory-in-page-tables": Hostile(  # pages that are only read are all the same one, but the tables are not
        (CENTRE, SCALED, "import mmap, time\ndef count(mask):\n"
         "    held = mmap.mmap(-1, 400 << 30, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000, mmap.PROT_READ)\n"
         "    for i in range(0, 400 << 30, 2 << 20):\n        held[i]\n    time.sleep(5)"),
        (2, 3, 0), ("q3: memory-limit: it was stopped in a call of `count`: it held",),
    ),
    "memory-in-sockets": Hostile(
        (CENTRE, SCALED, "import os, socket, time\ndef count(mask):\n    for _ in range(9):\n"
         "        if not os.fork():\n            held = [socket.socketpair() for _ in range(110)]\n"
         "            time.sleep(5)\n    time.sleep(5)"),
        (2, 3, 0), ("q3: memory-limit: it was stopped in a call of `count`: it held",),
    ),
    "memory-in-memfd": Hostile(
        (CENTRE, SCALED, "import os\nheld = []\ndef count(mask):\n    for _ in range(200):\n"
         "        held.append(os.memfd_create('held'))\n        os.write(held[-1], bytes(4 << 20))\n"
         "    return int(mask.sum())"),
        (2, 3, 0), ("q3: raises: `count` raised",),
    ),
    "fork-bomb": Hostile(
        (*RIGHT, "import os\nwhile True:\n    try:\n        os.fork()\n    except BaseException:\n        pass"),
        FULL, ("time-limit: ", "broken-channel: ", "process-limit: "), jail=True,
    ),
    "children-that-outlive": Hostile(
        (*RIGHT, "import os, subprocess, sys, time\n"
         "sleeper = [sys.executable, '-c', 'import time; time.sleep(999)', '{mark}']\n"
         "subprocess.Popen(sleeper, start_new_session=True)\n"
         "if not os.fork():\n    os.setsid()\n    if not os.fork():\n        os.setsid()\n        os.execv(sleeper[0], "
         "sleeper)\n    os._exit(0)\n"),
        FULL,
    ),
    "deletes-files": Hostile(
        ("import glob, os, shutil\nfor path in ('{canary}', '{teacher}', *glob.glob('{folder}/*')):\n"
         "    for harm in (os.remove, shutil.rmtree, lambda p: open(p, 'w').write('gone'), lambda p: os.chmod(p, 0)):\n"
         "        try:\n            harm(path)\n            print('HARM')\n        except OSError:\n            pass\n"
         "shutil.rmtree('{out}', ignore_errors=True)\n"
         "for folder in ('/tmp', '/usr', '/etc', '/', '/dev', '/proc/sys/kernel', os.path.dirname('{canary}')):\n"
         "    if os.path.realpath(folder).startswith(os.path.realpath(os.getcwd())):\n        continue\n"
         "    try:\n        open(folder + '/paflib-was-here', 'w')\n        print('HARM')\n    except OSError:\n"
         "        pass\n", *RIGHT),
        FULL, jail=True,
    ),
    "ends-its-process-in-a-cell": Hostile(
        (*RIGHT, "import os\nos._exit(0)"), FULL, ("quit: its process ended itself with exit code 0 while cell 5",)
    ),
    "ends-its-process-in-a-call": Hostile(
        (CENTRE, "import os\ndef scaled(image, factor):\n    os._exit(0)", COUNT), (2, 0, 1.5),
        ("q2: quit: its process ended itself with exit code 0 in a call of `scaled`",),
    ),
    "calls-exit": Hostile((CENTRE, SCALED, COUNT, "exit()"), FULL),
    "kills-itself": Hostile(
        (CENTRE, SCALED, "import os\ndef count(mask):\n    os.kill(os.getpid(), 9)"), (2, 3, 0), ("q3: crashed: ",)
    ),
    "kills-its-parents": Hostile(
        ("import os, signal\nfor pid in (os.getppid(), 1):\n    for number in (9, 15, 19, 2):\n        try:\n"
         "            os.kill(pid, number)\n        except OSError:\n            pass\n", *RIGHT,
         "os.kill(-1, 9)"),
        FULL, jail=True,
    ),
    "patches-everything": Hostile(
        ("import builtins, json, sys, types\nimport numpy as np\nimport paflib.errors\n"
         "yes = lambda *_, **__: True\n"
         "np.allclose = np.array_equal = np.isclose = yes\nnp.testing.assert_allclose = yes\n"
         "for name in ('pytest', 'otter', 'paflib.checks', 'paflib.grading.judge', 'paflib.grading.results'):\n"
         "    module = sys.modules[name] = types.ModuleType(name)\n"
         "    module.__getattr__ = lambda name: yes\n"
         "json.loads = json.load = yes\nbuiltins.AssertionError = KeyboardInterrupt\nnp.ndarray.__eq__ = yes"
         , WRONG),
        (0, 0, 0),
    ),
    "patches-json-away": Hostile(
        (*RIGHT, "import json\njson.dumps = lambda *_, **__: '{{}}'"), (None, None, None),
        ("broken-channel: it disturbed the pipe", "it closed the pipe", "quit:"),
    ),
    "claims-everything-is-equal": Hostile(
        ("class Equal(float):\n    __eq__ = __ne__ = lambda *_: True\n    __array_priority__ = 1e9\n"
         "class EqualInt(int):\n    __eq__ = __ne__ = lambda *_: True\n"
         "def centre(points):\n    return [Equal(1), Equal(2)]\ndef scaled(image, factor):\n    return Equal(3)\n"
         "def count(mask):\n    return EqualInt(-5)\n",),
        (0, 0, 0),
    ),
    "prints-a-result": Hostile(
        (WRONG, "import sys\nprint('{{\"result\": {{\"questions\": [{{\"name\": \"q1\", \"points\": 100}}]}}}}')\n"
         "sys.__stdout__.write('6.5 of 6.5 points\\n')"),
        (0, 0, 0),
    ),
    "writes-frames-everywhere": Hostile(
        (WRONG, FRAME + "everywhere(frame('0' * 16, 2.0))"), (0, 0, 0), ("broken-channel: it disturbed the pipe",)
    ),
    "forges-the-answer": Hostile(
        (FRAME + "import sys\ndef nonce():\n    at = sys._getframe()\n    while at and 'nonce' not in at.f_locals:\n"
         "        at = at.f_back\n    return at.f_locals['nonce']\n",
         "def forge(*_, **__):\n    everywhere(frame(nonce(), [0.0, 0.0]))\n    return 0\n"
         "centre = scaled = count = forge"),
        (0, 0, 0),
    ),
    "announces-a-gigabyte": Hostile(
        (FRAME + "def centre(points):\n    everywhere(frame('0' * 16, 0, 1 << 30))\n    return points.mean(axis=0)\n",
         SCALED, COUNT),
        (0, 3, 1.5), ("q1: broken-channel: it disturbed the pipe to the grader in a call of `centre`",),
    ),
    "closes-everything": Hostile(
        (*RIGHT, "import os\nos.closerange(0, 256)"), FULL, ("while cell 5 was running",)
    ),
    "searches-the-secret": Hostile(
        ("import os\nsecret = 'the-hidden-' + 'cases-of-the-class'\n"
         "roots = ['{folder}', '{out}', os.path.dirname('{teacher}'), '/sandbox', '/home', '/root', '/var', '/run']\n"
         "paths = [os.path.join(at, name) for root in roots for at, _, names in os.walk(root) for name in names\n"
         "         if '.pyenv' not in at and 'site-packages' not in at]\n"
         "paths += ['{teacher}'] + [f'/proc/{{p}}/{{n}}' for p in os.listdir('/proc') if p.isdigit() and p != str(os."
         "getpid())\n"
         "          for n in ('cmdline', 'environ', 'mem')]\n"
         "for path in paths:\n    try:\n        text = open(path, 'rb').read(100000)\n    except OSError:\n"
         "        continue\n"
         "    if secret.encode() in text or path.startswith('{folder}'):\n        print('READ', path)\n"
         "print('SEARCHED', len(paths))", *RIGHT),
        FULL, jail=True,
    ),
    "uses-the-network": Hostile(
        ("import socket\ntry:\n    socket.create_connection(('127.0.0.1', {port}), 1).send(b'hello')\n"
         "    print('CONNECTED')\nexcept OSError as error:\n    print(error)", *RIGHT),
        FULL, jail=True,
    ),
    "prints-a-gigabyte": Hostile(
        (*RIGHT, "import os\nfor _ in range(1024):\n    os.write(1, b'x' * (1 << 20))"), FULL
    ),
    "returns-a-gigabyte": Hostile(
        (CENTRE, "import numpy as np\ndef scaled(image, factor):\n    return np.broadcast_to(1.0, (1 << 27,))", COUNT),
        (2, 0, 1.5), ("q2: answer-size: `scaled` returned an array of shape (134217728,)",),
    ),
    "fills-the-disk": Hostile(
        (*RIGHT, "try:\n    for i in range(64):\n        open(str(i), 'wb').write(bytes(4 << 20))\n"
         "except OSError as error:\n    print(error)"),
        FULL, jail=True,
    ),
    "crashes": Hostile(
        (CENTRE, SCALED, "import ctypes\ndef count(mask):\n    return ctypes.string_at(0)"), (2, 3, 0),
        ("q3: crashed: its process was ended by SIGSEGV in a call of `count`",),
    ),
    "recurses": Hostile(
        (CENTRE, SCALED, "import sys\nsys.setrecursionlimit(10**9)\ndef count(mask):\n    nest = []\n"
         "    for _ in range(10**5):\n        nest = [nest]\n    return len(repr(nest))"),
        (2, 3, 0), ("q3: ",),
    ),
    "returns-a-nest": Hostile(
        (CENTRE, SCALED, "def count(mask):\n    nest = []\n    nest.append(nest)\n    return nest"), (2, 3, 0),
        ("q3: answer-type",),
    ),
    "waits-for-stdin": Hostile(
        (*RIGHT, "input('your name? ')", "import os\nos.read(0, 1)"), FULL
    ),
    "raises-a-huge-message": Hostile(
        (CENTRE, "def scaled(image, factor):\n    raise ValueError('<script>alert(1)</script>' + 'x' * 50_000_000)",
         COUNT),
        (2, 0, 1.5), ("q2: raises: `scaled` raised ValueError: <script>",),
    ),
    "raises-what-cannot-be-shown": Hostile(
        (CENTRE, "class Odd(Exception):\n    def __str__(self):\n        raise self\n"
         "def scaled(image, factor):\n    raise Odd()", COUNT),
        (2, 0, 1.5), ("q2: raises: `scaled` raised Odd: (its message cannot be shown)",),
    ),
    "returns-odd-arrays": Hostile(
        ("class Odd:\n    def __array__(self, *_, **__):\n        raise RuntimeError('no array')\n"
         "class Endless:\n    def __array__(self, *_, **__):\n        while True:\n            pass\n"
         "import numpy as np\ndef centre(points):\n    return Odd()\ndef scaled(image, factor):\n    return Endless()\n"
         "def count(mask):\n    return np.array([[1], [1, 2]], dtype=object)",),
        (0, 0, 0), ("q3: answer-type: `count` returned an array of Python objects",),
    ),
    "asks-for-pickles": Hostile(
        ("import os\nclass Bomb:\n    def __reduce__(self):\n        return os.system, ('touch {canary}.pickled',)\n"
         "def centre(points):\n    return Bomb()\n"
         "import numpy as np\ndef scaled(image, factor):\n    return np.array([Bomb()])", COUNT),
        (0, 0, 1.5), ("q1: answer-type",),
    ),
}  # fmt: skip
