"""The step types. A new one is a file here, a line in this list, and its tests."""

from ivr.flow.model import Step
from ivr.flow.steps.answer import Answer
from ivr.flow.steps.branch import Branch
from ivr.flow.steps.callback import Callback
from ivr.flow.steps.collect import Collect
from ivr.flow.steps.confirm import Confirm
from ivr.flow.steps.goto import Goto
from ivr.flow.steps.hangup import Hangup
from ivr.flow.steps.input import Input
from ivr.flow.steps.language import Language
from ivr.flow.steps.lookup import Lookup
from ivr.flow.steps.menu import Menu
from ivr.flow.steps.notify import Notify
from ivr.flow.steps.play import Play
from ivr.flow.steps.queue import Queue
from ivr.flow.steps.record import Record
from ivr.flow.steps.set import Set
from ivr.flow.steps.survey import Survey
from ivr.flow.steps.ticket import Ticket
from ivr.flow.steps.ticket_status import TicketStatus
from ivr.flow.steps.transfer import Transfer

STEP_TYPES: dict[str, type[Step]] = {
    "play": Play,
    "answer": Answer,
    "language": Language,
    "menu": Menu,
    "confirm": Confirm,
    "input": Input,
    "collect": Collect,
    "branch": Branch,
    "set": Set,
    "queue": Queue,
    "transfer": Transfer,
    "record": Record,
    "ticket": Ticket,
    "ticket_status": TicketStatus,
    "lookup": Lookup,
    "notify": Notify,
    "callback": Callback,
    "survey": Survey,
    "goto": Goto,
    "hangup": Hangup,
}
