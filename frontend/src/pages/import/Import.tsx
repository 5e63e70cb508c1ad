// Being built in this order: import, runs, admin, me, glossary.
import { Page } from '@/components/Page'

export default function Import() {
  return <Page title="Import">{null}</Page>
}
