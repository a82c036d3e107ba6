"""Template filters: numbers, times and words as the look asks."""

from django import template

register = template.Library()
