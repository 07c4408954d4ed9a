"""One file per type of block of a desk page: ``layout(view)``, pure; the types are in dashboard/config/blocks.py."""
