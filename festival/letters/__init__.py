"""What organizers write to many at once: to whom, when it leaves, how far it has got, and stopping it. 群发消息"""
