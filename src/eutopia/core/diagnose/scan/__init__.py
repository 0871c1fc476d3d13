"""Kulldorff's scan statistic: where, and since when, are there more cases than chance allows?"""
