import { Page } from '@/components/Page'

export default function Customer() {
  return <Page title="Customer">{null}</Page>
}
