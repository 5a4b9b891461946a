"""Light show. 灯光秀"""

from festival.kinds.show import beside, demo, live, manage, models, service, views, wording
from festival.kinds.show.details import ShowDetails
from festival.kinds.show.sowing import sow
from festival.lib.format import clock_time, moment
from festival.lib.i18n import _, speaking
from festival.programme.models import Activity, Slot
from festival.seam import Kind


def _doors_and_weather(_activity: Activity, slot: Slot, language: str) -> list[str]:
    """Return when the doors open, until when the weather is decided on, and the backup date."""
    lines: list[str] = []
    with speaking("en" if language == "en" else "zh"):
        if slot.doors_at is not None:
            lines.append(_("%(time)s 开放入场", time=clock_time(slot.doors_at)))
        if slot.decision_at is not None:
            lines.append(_("是否如期举行，最晚 %(time)s 公布。", time=moment(slot.decision_at)))
        if slot.backup_starts_at is not None:
            lines.append(_("备用日期：%(time)s", time=moment(slot.backup_starts_at)))
    return lines


KIND = Kind(
    key="show",
    label_zh="灯光秀",
    label_en="Light show",
    icon="show",
    details_model=ShowDetails,
    detail_template="kinds/show/detail.html",
    page_values=live.page_values,
    calendar_lines=_doors_and_weather,
    blueprints=(views.bp,),
    manage_blueprints=(manage.bp,),
    organizer_links=manage.LINKS,
    models=(models,),
    messages=wording.MESSAGES,
    most_in=service.most_in,
    gate_changed=service.follow_gate,
    copied=service.copy_ground,
    door_facts=beside.door_facts,
    door_board=beside.door_board,
    panels=(beside.PANEL,),
    tasks=beside.tasks,
    columns=(beside.COLUMN,),
    private_lines=beside.private_lines,
    audit_words=beside.AUDIT_WORDS,
    sow=sow,
    demo=demo.enliven,
)
