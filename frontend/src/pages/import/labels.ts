/** What fields, formats and encodings of a file are called on a page. */
import type { RowsKind } from '@/api/shapes'
import { humanize } from '@/ui/format'

const FIELDS: Record<string, string> = {
  order_key: 'Order number',
  customer_key: 'Customer number',
  ordered_at: 'Order date',
  order_time: 'Time of day',
  type: 'Type of document',
  returned: 'Returned',
  status: 'Order status',
  sku: 'Product number (SKU)',
  product_name: 'Product name',
  category: 'Category',
  quantity: 'Quantity',
  unit_price: 'Unit price',
  amount: 'Line amount',
  discount: 'Line discount',
  order_subtotal: 'Subtotal of the order',
  order_discount: 'Discount on the order',
  refund: 'Refunded amount',
  tax: 'Tax',
  shipping: 'Shipping',
  order_total: 'Order total',
  list_price: 'List price',
  currency: 'Currency',
  name: 'Customer name',
  email: 'E-mail',
  phone: 'Phone',
  address: 'Street address',
  city: 'City',
  region: 'Region',
  postcode: 'Postcode',
  country: 'Country',
  signup_date: 'Customer since',
  kind: 'Product type',
}

export const fieldName = (field: string) => FIELDS[field] ?? humanize(field)

export const ROWS: { value: RowsKind; label: string; title: string }[] = [
  { value: 'orders', label: 'An order line', title: 'Orders' },
  { value: 'customers', label: 'A customer', title: 'Customers' },
  { value: 'products', label: 'A product', title: 'Products' },
]

export const rowsName = (rows: string) => ROWS.find(each => each.value === rows)?.title ?? humanize(rows)

export const FILE_KINDS: Record<string, string> = {
  text: 'Text',
  workbook: 'Excel workbook',
  parquet: 'Parquet',
  sqlite: 'SQLite',
}

export const SEPARATORS: Record<string, string> = {
  ',': 'comma',
  ';': 'semicolon',
  '\t': 'tab',
  '|': 'vertical bar',
  ':': 'colon',
  ' ': 'space',
}

/** The encodings files of shops come in; others are shown by their own name. */
export const ENCODINGS = [
  { value: 'utf-8', label: 'UTF-8' },
  { value: 'cp1252', label: 'Windows-1252' },
  { value: 'cp1250', label: 'Windows-1250' },
  { value: 'iso-8859-15', label: 'ISO 8859-15' },
  { value: 'mac_roman', label: 'Mac Roman' },
  { value: 'utf-16', label: 'UTF-16' },
]

export function encodingName(encoding: string): string {
  const known = ENCODINGS.find(each => each.value === encoding.toLowerCase().replace('iso8859_15', 'iso-8859-15'))
  return known?.label ?? encoding.toUpperCase()
}

const DATE_CODES: Record<string, string> = {
  '%d': 'DD',
  '%m': 'MM',
  '%Y': 'YYYY',
  '%y': 'YY',
  '%b': 'Mon',
  '%B': 'Month',
  '%a': 'Day',
  '%H': 'hh',
  '%I': 'hh',
  '%M': 'mm',
  '%S': 'ss',
  '%f': 'fraction',
  '%p': 'am/pm',
}

/** A sentence with date formats as people write them: "%d.%m.%Y" becomes "DD.MM.YYYY". */
export function withReadableDates(sentence: string): string {
  return sentence.replaceAll(/%[a-zA-Z]/g, code => DATE_CODES[code] ?? code)
}
