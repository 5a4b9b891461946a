"""A plain talk, or anything else that needs nothing of its own. 讲座"""

from festival.seam import Kind

KIND = Kind(key="talk", label_zh="讲座", label_en="Talk", icon="calendar")
