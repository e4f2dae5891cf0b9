"""What Asterisk must know of this installation, gathered and given to it: agents, numbers, queues."""

from __future__ import annotations

from ivr.asterisk import control
from ivr.asterisk.find import Installation, find
from ivr.asterisk.render import Rendered, render
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
        queues=site.queues,
        exit_keys=_exit_keys(site),
    )


def _exit_keys(site: Site) -> dict[str, list[str]]:
    """Queue → keys that lead out of it in any flow: app_queue must know them while agents ring."""
    keys: dict[str, set[str]] = {}
    for flow in site.flows.values():
        for step in flow.steps.values():
            if isinstance(step, QueueStep):
                keys.setdefault(step.queue, set()).update(step.keys)
    return {queue: sorted(found) for queue, found in keys.items()}


async def apply(settings: Settings) -> Rendered | None:
    """`configure`, and let a running Asterisk take up what changed: after an agent or a number was added.

    None where there is no Asterisk yet: then there is nothing to tell. Raises as `configure`, and
    AsteriskError where the running Asterisk refuses.
    """
    installation = find(settings)
    if installation is None:
        return None
    rendered = await configure(settings, installation)
    if rendered.reloads and await control.answers(settings, timeout=2.0):
        await control.reload(settings, installation, rendered.reloads)
    return rendered
