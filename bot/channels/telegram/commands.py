"""The commands: the English name first, which always works, the Vietnamese one beside it."""

COMMANDS = {
    "start": ("start",),
    "feedback": ("feedback", "gopy"),
    "mine": ("mine", "tracuu"),
    "forums": ("forums", "diendan"),
    "settings": ("settings", "caidat"),
    "mydata": ("mydata", "dulieu"),
    "help": ("help", "trogiup"),
    "cancel": ("cancel", "huy"),
    "duty": ("duty", "truc"),
    "cases": ("cases", "vuviec"),
    "case": ("case",),
    "search": ("search", "timkiem"),
    "newforum": ("newforum", "taodiendan"),
    "forum": ("forum", "quanlydiendan"),
    "stats": ("stats", "thongke"),
    "export": ("export", "xuat"),
    "away": ("away", "vang"),
    "templates": ("templates", "mautraloi"),
}
# In a group.
GROUP_COMMANDS = {
    "link_group": ("alertshere", "baotaiday"),
    "unlink_group": ("noalerts", "thoibao"),
}
MENU = ("feedback", "mine", "forums", "settings", "mydata", "help", "cancel")
