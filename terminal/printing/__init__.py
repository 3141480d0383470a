"""Slips and invoices on paper: values in, PDF, plain text or ZPL out, and the ways to a printer (S15).

Nothing is loaded by the room's name: `printers` is all that reading the settings takes; `delivery`, with everything
that makes paper, is for the first document; reportlab is for the first PDF.
"""
