"""A plain talk, or anything else that needs nothing of its own. 讲座"""

from festival.programme.kinds import ActivityKind

KIND = ActivityKind(key="talk", label_zh="讲座", label_en="Talk", icon="calendar")
