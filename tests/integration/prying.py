"""Requests that the gateway must refuse, full of people and of secrets that are none of its business to repeat."""

import json

import httpx

PRIED = ("Zerlina Quaxworthy", "zerlina@quaxworthy.example", "+44 7700 900777", "77 Gumdrop Terrace", "whsec-moonlit-teapot-31337")
SHOPS = ("shopify/juniper-web", "canonical/juniper-dealers", "warehouse/juniper-wms", "shopify/ghost")


def pry(port: int) -> list[str]:
    """What is answered, headers and all; nothing while the gateway is not there."""
    name, email, phone, street, secret = PRIED
    body = json.dumps({"id": name, "email": email, "shipping_address": {"phone": phone, "address1": street}, "token": secret}).encode()
    signed = {"x-yipan-signature": secret, "x-shopify-hmac-sha256": secret, "authorization": f"Bearer {secret}", "cookie": name}
    answers = []
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=5) as client:
        try:
            for shop in SHOPS:
                answers.append(client.post(f"/hooks/{shop}?token={secret}", content=body, headers=signed))
            answers.append(client.post(f"/files/{name}?name={email}", content=body, headers=signed))
            answers.append(client.get(f"/{street}?q={phone}", headers=signed))
            answers.append(client.post("/hooks/shopify/juniper-web", content=b"x" * (5 << 20), headers=signed))
        except httpx.TransportError:
            pass
    return [f"{answer.status_code} {answer.headers} {answer.text}" for answer in answers]
