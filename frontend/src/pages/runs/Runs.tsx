import { Page } from '@/components/Page'

export default function Runs() {
  return <Page title="Runs">{null}</Page>
}
