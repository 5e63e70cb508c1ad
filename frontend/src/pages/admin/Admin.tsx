// Being built in this order: import, runs, admin, me, glossary.
import { Page } from '@/components/Page'

export default function Admin() {
  return <Page title="Admin">{null}</Page>
}
