"""A business of one's own: read from a folder, checked whole, published as the difference to what was imported before."""

from deploy.business.book import Business
from deploy.business.load import load_business
from deploy.business.publish import Imported, publish_business
from deploy.business.sheets import Problem

__all__ = ["Business", "Imported", "Problem", "load_business", "publish_business"]
