"""``maquette generators`` and ``maquette hosted``: what can make a shape, and what was ordered and paid elsewhere."""

from __future__ import annotations

import click

from maquette.faces.cli.terminal import Terminal


@click.command("generators")
@click.option("--json", "as_json", is_flag=True, help="the list for machines")
def generators(as_json: bool) -> None:
    """List what can make a shape from a photo: price, licence, device, quality, and whether it is ready here."""

    def body(terminal: Terminal) -> int:
        from maquette.flow.picker import pick_list

        picks = pick_list()
        terminal.say("\n".join(pick.lines for pick in picks), {"generators": [pick.as_dict() for pick in picks]})
        return 0

    Terminal(as_json).guard(body)


@click.command("hosted")
@click.option("--forget", metavar="ORDER", help="let go of an order, so that the same wish is ordered, and paid, anew")
@click.option("--json", "as_json", is_flag=True, help="the list for machines")
def list_orders(forget: str | None, as_json: bool) -> None:
    """List what was ordered at providers, what today has cost, and what is left of the budgets."""

    def body(terminal: Terminal) -> int:
        from dataclasses import asdict

        from maquette.core.money import dollars
        from maquette.generate.hosted.tickets import Drawer
        from maquette.store.accounts import budget_usd

        drawer = Drawer()
        if forget:
            ticket = drawer.forget(forget)
            terminal.say(f"{ticket.name}: forgotten; what {ticket.provider} took for it stays spent", asdict(ticket))
            return 0
        tickets, spent = drawer.all(), drawer.spent_usd()
        lines = [f"{t.name}  {t.asked}  {t.provider:<16} {dollars(t.usd):>7}  {t.state}" for t in tickets]
        run, day = budget_usd("run"), budget_usd("day")
        lines.append(f"spent today {dollars(spent)} of {dollars(day)}; at most {dollars(run)} a run")
        data = {"orders": [asdict(ticket) for ticket in tickets], "spent_today_usd": spent}
        terminal.say("\n".join(lines), data | {"day_usd": day, "run_usd": run})
        return 0

    Terminal(as_json).guard(body)
