"""The words of calendars that stand in code."""

from festival.calendars.rules import Client
from festival.lib.i18n import _l

#: Alarms to choose from, by hours before the start.
ALARMS = {24: _l("前一天"), 2: _l("前 2 小时"), 1: _l("前 1 小时")}
#: Families of clients, as their readers know them.
CLIENTS = {
    Client.APPLE: _l("苹果日历"),
    Client.GOOGLE: _l("Google 日历"),
    Client.OUTLOOK: _l("Outlook 日历"),
    Client.THUNDERBIRD: _l("Thunderbird"),
    Client.ICSX5: _l("ICSx⁵"),
    Client.NEXTCLOUD: _l("Nextcloud 日历"),
    Client.HOME_ASSISTANT: _l("Home Assistant"),
    Client.VDIRSYNCER: _l("vdirsyncer"),
    Client.BROWSER: _l("网页浏览器"),
    Client.OTHER: _l("其他日历程序"),
}
