"""Reads connection strings as JSON, one a line, and answers each with what libpq's own parser makes of it."""
import ctypes
import json
import sys


class Option(ctypes.Structure):
    _fields_ = [(name, ctypes.c_char_p) for name in ("keyword", "envvar", "compiled", "val", "label", "dispchar")]
    _fields_ += [("dispsize", ctypes.c_int)]


libpq = ctypes.CDLL("libpq.so.5")
libpq.PQconninfoParse.restype = ctypes.POINTER(Option)
libpq.PQconninfoParse.argtypes = [ctypes.c_char_p, ctypes.POINTER(ctypes.c_char_p)]
libpq.PQconninfoFree.argtypes = [ctypes.POINTER(Option)]


def answer(text):
    error = ctypes.c_char_p()
    options = libpq.PQconninfoParse(text.encode(), ctypes.byref(error))
    if not options:
        return {"error": (error.value or b"").decode(errors="replace")}
    values = {}
    index = 0
    while options[index].keyword:
        if options[index].val is not None:
            values[options[index].keyword.decode()] = options[index].val.decode(errors="replace")
        index += 1
    libpq.PQconninfoFree(options)
    return {"values": values}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
