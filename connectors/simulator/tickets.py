"""A ticket of an office's queue as the stand-in interfaces serve it; decides nothing about the queue."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from connectors.simulator.city import City
from connectors.simulator.department import naive
from connectors.simulator.ledger import Row, RowCache
from connectors.simulator.services import Request


def ticket_row(ticket: Request, city: City, now: datetime, cache: RowCache, **more: Any) -> Row:
    """A ticket as the offices' interfaces serve it; ``more``: the fields that only one of them has."""

    def make() -> Row:
        zone, applicant = city.zone, ticket.applicant
        fields = {
            "nomor": ticket.number,
            "layanan": ticket.service.name,
            "kecamatan": city.districts[ticket.district],
            "kelurahan": city.places_by_code[ticket.subdistrict].name,
            "status": ticket.status_at(now),
            "ambil": naive(ticket.received, zone),
            "panggil": naive(ticket.started, zone) if ticket.started <= now else None,
            "selesai": naive(ticket.finished, zone) if ticket.finished <= now else None,
            "janji": ticket.service.promised,
            "satuan_janji": ticket.service.unit,
            "pemohon": applicant.name,
            "nik": applicant.nik,
            "updated_at": naive(ticket.updated_at(now), zone),
            **more,
        }
        return Row(ticket.number, fields, (applicant.name, applicant.nik))

    return cache.get(ticket.number, (ticket.updated_at(now), ticket.status_at(now)), make)
