import { Page } from '@/components/Page'

export default function Sales() {
  return <Page title="Sales">{null}</Page>
}
