"""
Pages that are told once and shown often, without ever showing one that is older than what is recorded.

``grounds``: what a page rests on, and whether the trail has more of it by now. ``store``: the table of told pages.
``telling``: one telling at a time for all who ask. ``warm``: the last answers, in this process.
"""
