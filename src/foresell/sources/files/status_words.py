"""Words of status and type columns, and customers that are none, in the languages of common shop systems.

Compared without case, blanks and punctuation at the ends. A word in no list is a question before anything is loaded.
"""

from __future__ import annotations

COUNTED = (
    "complete", "completed", "processing", "paid", "partially paid", "partially_paid", "authorized", "fulfilled",
    "partially fulfilled", "shipped", "delivered", "invoiced", "closed", "done", "succeeded", "success", "successful",
    "captured", "settled", "ok", "order", "sale", "sales order", "overdue", "unpaid", "open", "posted", "submitted",
    "active", "approved", "received", "dispatched", "ready", "to deliver", "to bill", "to deliver and bill", "sent",
    "on hold", "awaiting fulfillment", "awaiting shipment", "awaiting pickup", "partially shipped", "payment received",
    "payment accepted", "shipping", "created",
    "bezahlt", "abgeschlossen", "versendet", "versandt", "geliefert", "in bearbeitung", "teilweise bezahlt", "offen",
    "payée", "payé", "payee", "terminée", "terminé", "en cours", "expédié", "expédiée", "livré", "livrée",
    "paiement accepté", "completado", "pagado", "enviado", "entregado", "procesando", "completato", "pagato",
    "spedito", "consegnato", "in lavorazione", "concluído", "pago", "enviado", "entregue", "processando", "voltooid",
    "betaald", "verzonden", "geleverd", "in behandeling", "zrealizowane", "zakończone", "opłacone", "wysłane",
    "dostarczone", "slutförd", "betald", "skickad", "levererad",
)  # fmt: skip
CANCELLED = (
    "cancelled", "canceled", "cancelled by seller", "cancelled by buyer", "unavailable", "void", "voided", "reversed",
    "storniert", "abgebrochen", "annulé", "annulée", "annule", "cancelado", "cancelada", "anulado", "annullato",
    "geannuleerd", "anulowane", "anulowany", "avbruten", "makulerad", "annulleret", "kansellert",
)  # fmt: skip
RETURNED = (
    "returned", "refunded", "refund", "return", "fully refunded", "chargeback", "charged back", "credit", "credited",
    "credit note", "credit note issued", "retoure", "retourniert", "erstattet", "rückerstattet", "gutschrift",
    "remboursé", "remboursée", "retourné", "reembolsado", "devuelto", "rimborsato", "reso", "devolvido",
    "terugbetaald", "geretourneerd", "zwrócone", "zwrot", "återbetald", "refunderad",
)  # fmt: skip
PARTLY_RETURNED = (
    "partially_refunded", "partially refunded", "partial refund", "partially returned", "teilweise erstattet",
    "partiellement remboursé", "parcialmente reembolsado", "parzialmente rimborsato", "gedeeltelijk terugbetaald",
)  # fmt: skip
LEFT_OUT = (
    "draft", "pending", "pending payment", "awaiting payment", "pending_payment", "payment pending", "payment error",
    "failed", "declined", "denied", "expired", "abandoned", "incomplete", "quote", "quotation", "estimate", "trash",
    "checkout-draft", "checkout draft", "uncaptured", "requires_payment_method", "requires_action", "blocked",
    "fraud", "suspected fraud", "rejected", "pending review", "entwurf", "fehlgeschlagen", "zahlung ausstehend",
    "warten auf zahlung", "brouillon", "échouée", "échoué", "en attente de paiement", "en attente", "fallido",
    "borrador", "pendiente", "pendiente de pago", "fallito", "bozza", "in attesa", "in attesa di pagamento",
    "falhou", "malsucedido", "pendente", "mislukt", "wachtend op betaling", "nieudane", "oczekujące na płatność",
    "misslyckades", "väntande", "väntar på betalning",
)  # fmt: skip
CREDIT_TYPES = (
    "credit memo", "credit note", "credit", "refund", "refund receipt", "return", "payment refund", "sales return",
    "creditmemo", "ar credit memo", "sales credit note", "gutschrift", "storno", "retoure", "avoir", "remboursement",
    "nota de crédito", "abono", "reembolso", "nota di credito", "rimborso", "creditnota", "creditfactuur", "zwrot",
    "korekta", "faktura korygująca", "kreditfaktura", "kreditnota",
)  # fmt: skip
SALE_TYPES = (
    "invoice", "sales receipt", "cash sale", "sale", "sales", "order", "sales order", "payment", "charge", "receipt",
    "website payment", "express checkout payment", "mobile payment", "web accept payment received", "rechnung",
    "verkauf", "zahlung", "facture", "vente", "paiement", "factura", "venta", "pago", "fattura", "vendita", "pagamento",
    "fatura", "venda", "factuur", "verkoop", "betaling", "faktura", "sprzedaż", "försäljning",
)  # fmt: skip
INVOICE_TYPES = (
    "invoice", "sales invoice", "rechnung", "facture", "factura", "fattura", "fatura", "factuur", "faktura",
)  # fmt: skip
PAYMENT_TYPES = ("payment", "customer payment", "zahlung", "paiement", "pago", "pagamento", "betaling")
PLACEHOLDERS = (
    "guest", "guests", "walk-in", "walk in", "walkin", "walk-in customer", "walk in customer", "cash", "cash customer",
    "cash sale", "counter sale", "unknown", "anonymous", "anon", "no customer", "not set", "(not set)", "none given",
    "n.a.", "na", "-", "--", "?", "xxx", "test", "gast", "gastkunde", "laufkunde", "laufkundschaft",
    "barverkauf", "unbekannt", "diverse", "invité", "client de passage", "inconnu", "comptoir", "divers", "invitado",
    "cliente de contado", "desconocido", "consumidor final", "público en general", "ospite", "sconosciuto",
    "cliente generico", "convidado", "desconhecido", "onbekend", "klant", "passant", "gość", "nieznany", "okänd", "gäst",
)  # fmt: skip
#: How the numbers of credit notes begin, where others begin otherwise.
CREDIT_PREFIXES = ("CN", "CR", "CM", "CRN", "C", "RE", "RET", "RF", "RMA", "REF", "GS", "GU", "AV", "NC", "KOR", "R")
YES = ("yes", "y", "true", "t", "1", "x", "returned", "ja", "oui", "si", "sí", "sim", "tak")
