"""Carries trace context and baggage from the requests a program receives to those it sends."""
