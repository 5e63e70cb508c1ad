// Being built in this order: import, runs, admin, me, glossary.
import { Page } from '@/components/Page'

export default function Runs() {
  return <Page title="Runs">{null}</Page>
}
