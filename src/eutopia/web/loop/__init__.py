"""What crosses the nouns: loading a town, the loop from end to end, the chain of one problem.

It has no tables. It stands above the noun apps and below the pages.
"""
