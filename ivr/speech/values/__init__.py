"""Values out of what a citizen says or types: numbers, money, dates, times, NIK, telephone and ticket numbers.

The way back, from a value to Indonesian words, is `ivr.voice.numbers`.
"""
