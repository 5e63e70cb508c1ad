// Generated from the JSON Schemas by scripts/event_contracts.py.

/** A page was viewed. */
export type PageViewedV1 = { path: string; title?: string | null; referrer_host?: string | null; campaign?: string | null }

/** The page of a product was viewed. */
export type ProductViewedV1 = { sku: string; name?: string | null; price?: number | null; currency?: string | null }

/** A cart has these items now; none: it was emptied. */
export type CartChangedV1 = { items: Array<{ sku: string; quantity?: number; price?: number | null }>; value?: number | null; currency?: string | null }

/** A checkout was started. */
export type CheckoutStartedV1 = { value?: number | null; currency?: string | null; items?: Array<{ sku: string; quantity?: number; price?: number | null }> | null }

/** An order was placed. */
export type OrderPlacedV1 = { order_key: string; amount: number; currency?: string | null; items?: Array<{ sku: string; quantity?: number; price?: number | null }> | null }

/** An order, or a part of it, was returned. */
export type OrderReturnedV1 = { order_key: string; amount: number; currency?: string | null; reason?: string | null }

/** An e-mail was opened. */
export type EmailOpenedV1 = { campaign: string; message?: string | null }

/** A link in an e-mail was clicked. */
export type EmailClickedV1 = { campaign: string; message?: string | null; link?: string | null }

/** A form was submitted. */
export type FormSubmittedV1 = { form: string; fields?: Record<string, string> | null }

/** Someone became a lead. */
export type LeadCreatedV1 = { origin: string; name?: string | null; company?: string | null; note?: string | null }

/** A call was made in another system. */
export type CallLoggedV1 = { outcome: 'reached' | 'no_answer' | 'not_interested' | 'will_order'; seconds?: number | null; note?: string | null }

/** A note was added in another system. */
export type NoteAddedV1 = { note: string }

/** A support case changed. */
export type CaseChangedV1 = { case_key: string; state: 'opened' | 'answered' | 'solved' | 'reopened'; priority?: 'low' | 'normal' | 'high' | 'urgent' | null; subject?: string | null }

/** A review was posted. */
export type ReviewPostedV1 = { product?: string | null; rating?: number | null; best_rating?: number; text?: string | null }

/** A consent was given or withdrawn. */
export type ConsentChangedV1 = { channel: 'email' | 'phone' | 'sms' | 'post' | 'tracking'; given: boolean; wording?: string | null }

/** Someone was in contact with a campaign. */
export type CampaignTouchedV1 = { campaign: string; channel: string; medium?: string | null }

/** By type the data of its newest version. */
export type EventData = {
  'page.viewed': PageViewedV1
  'product.viewed': ProductViewedV1
  'cart.changed': CartChangedV1
  'checkout.started': CheckoutStartedV1
  'order.placed': OrderPlacedV1
  'order.returned': OrderReturnedV1
  'email.opened': EmailOpenedV1
  'email.clicked': EmailClickedV1
  'form.submitted': FormSubmittedV1
  'lead.created': LeadCreatedV1
  'call.logged': CallLoggedV1
  'note.added': NoteAddedV1
  'case.changed': CaseChangedV1
  'review.posted': ReviewPostedV1
  'consent.changed': ConsentChangedV1
  'campaign.touched': CampaignTouchedV1
}
