"""The three-command menu as a pyst2 script, which Asterisk starts for each call."""

import sys

from asterisk.agi import AGI

agi = AGI()
agi.answer()
agi.stream_file(sys.argv[1], "1")
agi.set_variable("PILIHAN", "satu")
agi.stream_file(sys.argv[2])
