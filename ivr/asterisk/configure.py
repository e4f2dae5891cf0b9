"""What Asterisk must know of this installation, gathered and given to it: agents, numbers, queues."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ivr.asterisk import control
from ivr.asterisk.find import Installation, find
from ivr.asterisk.render import Rendered, render
from ivr.flow.hotline import Queue
from ivr.flow.model import Site
from ivr.flow.steps.queue import Queue as QueueStep
from ivr.publish import load_version
from ivr.routing.agents import load_agents
from ivr.settings import Settings


async def configure(settings: Settings, installation: Installation) -> Rendered:
    """Write Asterisk's files from the settings, the agents and the published version.

    Raises RenderError, PublishError (nothing is published), StoreError.
    """
    site = load_version(settings).site
    return render(
        settings,
        installation,
        agents=await load_agents(settings),
        lines=site.lines,
        queues=ringing_longest(site),
        exit_keys=exit_keys(site),
    )


def exit_keys(site: Site) -> dict[str, list[str]]:
    """Queue → keys that lead out of it in any flow: app_queue must know them while agents ring."""
    keys: dict[str, set[str]] = {}
    for step in _queue_steps(site):
        keys.setdefault(step.queue, set()).update(step.keys)
    return {queue: sorted(found) for queue, found in keys.items()}


def ringing_longest(site: Site) -> dict[str, Queue]:
    """The queues, each with the longest ring time, in whole seconds, that it or any of its steps asks for.

    app_queue rings for the lesser of its queue's time and what the call brings: the call's is to decide.
    """
    longest = {name: queue.ring_seconds for name, queue in site.queues.items()}
    for step in _queue_steps(site):
        longest[step.queue] = max(longest[step.queue], step.ring_seconds)
    return {
        name: queue.model_copy(update={"ring_seconds": math.ceil(longest[name])}) for name, queue in site.queues.items()
    }


def _queue_steps(site: Site) -> Iterator[QueueStep]:
    for flow in site.flows.values():
        yield from (step for step in flow.steps.values() if isinstance(step, QueueStep))


async def apply(settings: Settings) -> Rendered | None:
    """`configure`, and let a running Asterisk take up what changed: after an agent or a number was added.

    What it did not take up an earlier time is tried again.
    None where there is no Asterisk yet: then there is nothing to tell. Raises as `configure`, and
    AsteriskError where the running Asterisk refuses.
    """
    installation = find(settings)
    if installation is None:
        return None
    rendered = await configure(settings, installation)
    if rendered.reloads and await control.runs(settings):
        await control.reload(settings, installation, rendered.reloads)
    return rendered
